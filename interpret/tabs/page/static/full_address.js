// The link to a view from its query: only the page knows its own address.
(query) => query ? new URL(query, location.origin + location.pathname).href : ""
