"""Every training clip scored by models that never saw its label: a folder a judge, with `ask.py` in it."""
