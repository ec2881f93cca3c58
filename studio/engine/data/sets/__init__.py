"""Data sets that ship as files: one module each, registered where files may be read."""
