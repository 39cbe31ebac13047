"""What is remembered: tables, migrations, one method per fact and one transaction per method."""
