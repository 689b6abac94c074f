"""What has happened to a contract whose profit follows its payments, read in one place."""
