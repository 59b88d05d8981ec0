"""The door through a browser: pages that read, forms that start work. Pages never compute a metric."""
