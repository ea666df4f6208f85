output "keys" {
  description = "Service -> the full name of its key, null where it has none. Who encrypts with a key waits for its agent's grant."
  # The name, not the id, which nobody knows before the key is there: so a plan says which key encrypts what.
  value = {
    for service in [
      "storage", "bigquery", "pubsub", "datastream", "dataflow", "bigtable", "sql", "secretmanager", "artifactregistry", "copies",
    ] : service => contains(local.services, service) ? "projects/${var.project}/locations/${local.location_of[service]}/keyRings/${var.name}/cryptoKeys/${service}" : null
  }
  depends_on = [google_kms_crypto_key_iam_member.agent]
}
