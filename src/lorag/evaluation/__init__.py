"""What works: measures of retrieval, of answers, of forgetting and of reliance on the passages."""
