"""Prometheus metrics of the knowledge base."""

from prometheus_client import Counter, Histogram

searches = Counter("callbox_knowledge_searches_total", "Questions answered, by how passages were found.", ["mode"])
documents = Counter("callbox_knowledge_documents_total", "Documents that were read or failed.", ["status", "file_type"])
reading_seconds = Histogram(
    "callbox_knowledge_reading_seconds",
    "Time from a document's turn to its passages being found.",
    buckets=(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)
