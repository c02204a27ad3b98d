// When it was clicked, by a clock that never goes back, and what the session knows of earlier clicks.
(when, latest) => [performance.now(), latest]
