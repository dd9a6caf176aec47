"""The measurements behind ``make bench``: each figure beside its control, its bar and its aim."""
