"""The same compiled models on another engine: any that speaks Spark Connect."""
