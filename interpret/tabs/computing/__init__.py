"""Where answers are computed: on a GPU that is lent, or in threads that give way to whoever serves the page."""
