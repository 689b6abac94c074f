"""What stands under each tag of a fund that keeps its money apart."""
