// Shows the first picture; but if the address asks for something, counts on instead, so that it is looked up. Gradio's own
// parameters begin with "__".
(first, count) => {
  const asks = [...new URLSearchParams(location.search).keys()].some((key) => !key.startsWith("__"));
  return asks ? [null, count + 1] : [first, count];
}
