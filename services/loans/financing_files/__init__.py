"""Projects financed by a person, the state and a bank together: one file, a contract a leg."""
