() => $values
