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


def test_of_numbers_in_steps_the_one_below_stands_in():
    words = LinkWords({"orders": "7", "many": "999", "few": "-3", "right": "8"})
    assert [words.whole(each, 8, 2, 64, step=2) for each in ("orders", "many", "few", "right")] == [6, 64, 2, 8]
    assert "right" not in str(words.told())


def test_fractions_are_those_nearest_and_no_number_is_as_usual():
    words = LinkWords({"a": "0.25", "b": "7", "c": "-1e9", "d": "nan", "e": "much", "f": "inf"})
    assert [words.fraction(each, 0.5) for each in "abcdefg"] == [0.25, 1, 0, 0.5, 0.5, 1, 0.5]
    assert "a '0.25'" not in str(words.told())


def test_what_does_not_fit_the_rest_of_a_link_is_put_right_and_told():
    words = LinkWords({"most": "0.1"})
    assert words.put_right("most", 1.0) == 1.0
    assert words.told() == "This link asks for most '0.1', which does not exist here: you see most 1.0 instead."


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
