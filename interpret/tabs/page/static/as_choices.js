// Hands the values of the inputs to a widget, as its property `choices`.
(...choices) => ({__type__: "update", props: {choices}})
