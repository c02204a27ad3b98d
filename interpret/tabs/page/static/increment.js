(count) => count + 1
