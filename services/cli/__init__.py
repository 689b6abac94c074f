"""The `rafid` command: a module per group of commands."""
