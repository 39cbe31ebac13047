"""What people and programs get to see: documents, tables, pages and feeds, made from values."""
