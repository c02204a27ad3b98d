from interpret.link import LONGEST, LinkWords, yes_or_no


def test_what_a_link_says_is_read_and_what_it_leaves_out_is_as_usual():
    words = LinkWords({"sort": "norm", "kernel": "7", "row": "3", "folded": "yes"})
    assert (words.name("sort", "number", ("number", "norm")), words.name("layer", "a", ("a", "b"))) == ("norm", "a")
    assert (words.whole("kernel", 0, 0, 9), words.whole("input", 2, 0, 9)) == (7, 2)
    assert (words.whole_or_none("row", 0, 9), words.whole_or_none("column", 0, 9)) == (3, None)
    assert (words.yes("folded", False), words.yes("colour", True)) == (True, True)
    assert words.told() is None


def test_the_nearest_right_thing_stands_in_for_what_there_is_not():
    words = LinkWords({"a": "64", "b": "-2", "c": "many", "d": "9" * 5000, "e": "tiger", "f": "perhaps"})
    assert [words.whole(each, 5, 0, 63) for each in "abcd"] == [63, 0, 5, 5]
    assert (words.name("e", "cat", ("cat", "dog")), words.yes("f", True)) == ("cat", True)


def test_what_was_put_right_is_told_in_one_sentence():
    words = LinkWords({"kernel": "64", "layer": "conv9"})
    words.name("layer", "prep_layer", ("prep_layer",))
    words.whole("kernel", 0, 0, 63)
    assert words.told() == (
        "This link asks for layer 'conv9' and kernel '64', which does not exist here: you see layer prep_layer and "
        "kernel 63 instead."
    )


def test_of_an_endless_word_only_its_beginning_is_told():
    words = LinkWords({"layer": "x" * 10_000})
    words.name("layer", "prep_layer", ("prep_layer",))
    assert "'" + "x" * LONGEST + "'" in str(words.told()) and len(str(words.told())) < 200


def test_yes_and_no_are_words():
    assert (yes_or_no(True), yes_or_no(False)) == ("yes", "no")
