"""What banks and wallets say of our accounts: their files as they came, and each line once."""
