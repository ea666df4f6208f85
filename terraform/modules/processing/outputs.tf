output "registry" {
  description = "Where images are pushed: HOST/PROJECT/REPOSITORY."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "templates" {
  description = "Pipeline -> its flex template (gs://...), for whoever starts a job; empty without an image."
  value       = { for pipeline, object in google_storage_bucket_object.template : pipeline => "gs://${object.bucket}/${object.name}" }
}

output "jobs" {
  description = "Source -> its streaming job's name."
  value       = { for source, job in google_dataflow_flex_template_job.events_to_bronze : source => job.name }
}
