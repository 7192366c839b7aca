"""Every training clip scored by models that never saw its label."""
