"""The close of a day: what is earned and not paid, how late contracts are, what is set aside."""
