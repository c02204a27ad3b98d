"""What speaks for a class, and where: maps, the evidence that adds up, and the checks that hold them to account."""
