"""From judged weights to a release folder, its figures and its card, and from there to the Hub."""
