"""What a platform repository looks like: settings, layout, plan of changes."""
