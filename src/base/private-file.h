/* SPDX-License-Identifier: MIT
 * Files that hold secrets: for their owner alone, and never at the end of a link that somebody else laid. */
#ifndef IROH_BASE_PRIVATE_FILE_H
#define IROH_BASE_PRIVATE_FILE_H

/* Opens a file to append to, which is made if there is none. IROH_ERR_LOG_FILE: it cannot be opened; it is a link, has
 * other names (hard links), is no regular file or another user's; or others than its owner may read or write it. */
int private_file_append(const char *path, int *fd_out);
/* Opens a directory that files can be made in. IROH_ERR_LOG_FILE: there is none, or it cannot be written to. */
int private_dir_open(const char *path, int *fd_out);
/* Makes a file that was not there before. -1: it was, or it cannot be made. */
int private_file_new(int dir_fd, const char *name);

#endif
