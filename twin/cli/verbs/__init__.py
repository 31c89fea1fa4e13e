"""The verbs: each file reads its arguments, asks `twin.api` and shows the answer."""
