"""How files are read and written: JSON field by field, tables with pictures, folders that are replaced whole."""
