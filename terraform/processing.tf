# The pipelines' images, templates and streaming jobs.
variable "processing" {
  description = "Dataflow; what each setting means: modules/processing/variables.tf."
  type = object({
    image          = optional(string)
    streaming_jobs = optional(bool, true)
    kept_images    = optional(number, 20)
    workers        = optional(object({ machine_type = optional(string, "n2d-standard-2"), maximum = optional(number, 5) }), {})
  })
  default  = {}
  nullable = false
}

module "processing" {
  source = "./modules/processing"

  project          = local.project
  region           = local.region
  name             = local.prefix
  registry_key     = module.kms.keys.artifactregistry
  artefacts_bucket = module.storage.buckets.artefacts
  temp_bucket      = module.storage.buckets.temp
  streams          = [for event in local.events : event.source]
  service_accounts = { for pipeline in ["events_to_bronze", "landing_to_bronze"] : pipeline => module.iam.service_accounts[pipeline] }
  subnetwork       = module.network.subnetwork_self_link
  kms_key          = module.kms.keys.dataflow

  image          = var.processing.image
  streaming_jobs = var.processing.streaming_jobs
  kept_images    = var.processing.kept_images
  workers        = var.processing.workers

  depends_on = [google_project_service.this]
}
