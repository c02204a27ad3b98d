"""Arrays as pictures, values as colours, findings as sentences.

An image is what the network sees; a picture is what is drawn for people.
"""
