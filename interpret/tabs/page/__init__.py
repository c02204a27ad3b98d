"""What all tabs share: the picture panel, how controls ask for answers, how the page looks, files, links."""
