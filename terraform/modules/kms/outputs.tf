output "keys" {
  description = "Service -> the id of its key, null where it has none. Who encrypts with a key waits for its agent's grant."
  value = {
    for service in [
      "storage", "bigquery", "pubsub", "datastream", "dataflow", "bigtable", "sql", "secretmanager", "artifactregistry",
    ] : service => contains(local.services, service) ? google_kms_crypto_key.this[service].id : null
  }
  depends_on = [google_kms_crypto_key_iam_member.agent]
}
