"""Figures, tables and pages of the report."""
