"""A folder of sounds that somebody has: looked at, understood as a data set, and written down as one."""
