"""`earmark review`: a server on this machine, at which people listen and decide."""
