"""`earmark review --start`: verify some clips by ear before anything is trained."""
