"""The loans service: from application to the last instalment, and the books behind it."""
