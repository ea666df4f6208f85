output "service_accounts" {
  description = "Workload -> the e-mail of the account that it runs as. Who starts work as one waits until it has its rights."
  value       = local.identities
  depends_on = [
    google_project_iam_member.workload,
    google_storage_bucket_iam_member.workload,
    google_bigquery_dataset_access.workload,
    google_pubsub_subscription_iam_member.events,
    google_pubsub_topic_iam_member.dead_letters,
    google_artifact_registry_repository_iam_member.images,
    google_bigtable_instance_iam_member.live_values,
  ]
}

output "workload_identity_provider" {
  description = "What CI names to exchange its token; null without federation."
  value       = one(values(google_iam_workload_identity_pool_provider.github)[*].name)
}
