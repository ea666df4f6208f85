# A flex template a pipeline: which image, and what may be asked of it. The object's name has the specification's hash, so a job
# that is started again runs what it ran.
locals {
  pipelines = var.image == null ? {} : {
    events_to_bronze  = { title = "Events to bronze", description = "Pub/Sub to native tables, archive and dead letters.", streaming = true }
    landing_to_bronze = { title = "Landing to bronze", description = "Change files to bronze's Parquet.", streaming = false }
  }

  templates = {
    for pipeline, about in local.pipelines : pipeline => jsonencode({
      image   = var.image
      sdkInfo = { language = "PYTHON" }
      metadata = {
        name        = about.title
        description = about.description
        streaming   = about.streaming
        parameters = [
          {
            name       = "source"
            label      = "Source"
            helpText   = "Id of a contract; without it all sources."
            isOptional = true
            regexes    = ["^[a-z][a-z0-9_]*$"]
          },
          {
            name       = "pipeline"
            label      = "Pipeline"
            helpText   = "Which module of beam_pipelines the image runs."
            isOptional = false
            regexes    = ["^${pipeline}$"]
          },
        ]
      }
      defaultEnvironment = {
        sdkContainerImage     = var.image
        serviceAccountEmail   = var.service_accounts[pipeline]
        subnetwork            = var.subnetwork
        ipConfiguration       = "WORKER_IP_PRIVATE"
        enableStreamingEngine = about.streaming
        tempLocation          = "gs://${var.temp_bucket}/dataflow/temp"
        stagingLocation       = "gs://${var.temp_bucket}/dataflow/staging"
      }
    })
  }
}

resource "google_storage_bucket_object" "template" {
  for_each = local.pipelines

  bucket       = var.artefacts_bucket
  name         = "templates/${each.key}/${substr(sha256(local.templates[each.key]), 0, 12)}.json"
  content      = local.templates[each.key]
  content_type = "application/json"
}
