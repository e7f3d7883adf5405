"""The running process: HTTPS server, admin routes, home folder, certificates."""
