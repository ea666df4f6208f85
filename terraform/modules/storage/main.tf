# Five buckets. None is public, access is by IAM alone, and what was uploaded in part is cleared away.
locals {
  day = 24 * 60 * 60

  # What each role has beside that. Landing files are written once, so retention protects them, and not versions (a bucket has
  # one of the two). Bronze's manifests and artefacts may be written again: the older version stays a while.
  roles = {
    landing   = { archive = true, versions = false, soft_delete = true, retention = var.landing_retention_days, autoclass = false, delete = null }
    bronze    = { archive = false, versions = true, soft_delete = true, retention = 0, autoclass = var.autoclass, delete = null }
    archive   = { archive = true, versions = false, soft_delete = true, retention = 0, autoclass = false, delete = null }
    temp      = { archive = false, versions = false, soft_delete = false, retention = 0, autoclass = false, delete = var.temp_days }
    artefacts = { archive = false, versions = true, soft_delete = true, retention = 0, autoclass = false, delete = null }
  }
}

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:audit logs say who read and wrote which object (modules/iam, audited_services), with less delay and in one place
  for_each = local.roles

  project                     = var.project
  name                        = var.buckets[each.key]
  location                    = var.location
  storage_class               = "STANDARD"
  rpo                         = var.turbo_replication ? "ASYNC_TURBO" : null
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  versioning {
    enabled = each.value.versions && var.noncurrent_days > 0
  }

  soft_delete_policy {
    retention_duration_seconds = each.value.soft_delete ? var.soft_delete_days * local.day : 0
  }

  dynamic "retention_policy" {
    for_each = each.value.retention > 0 ? [each.value.retention * local.day] : []
    content {
      retention_period = retention_policy.value
    }
  }

  dynamic "autoclass" {
    for_each = each.value.autoclass ? ["ARCHIVE"] : []
    content {
      enabled                = true
      terminal_storage_class = autoclass.value
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  dynamic "custom_placement_config" {
    for_each = length(var.data_locations) == 0 ? [] : [var.data_locations]
    content {
      data_locations = custom_placement_config.value
    }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 7 }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.archive ? [var.archive_after_days] : []
    content {
      action {
        type          = "SetStorageClass"
        storage_class = "ARCHIVE"
      }
      condition {
        age                   = lifecycle_rule.value
        matches_storage_class = ["STANDARD"]
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.versions && var.noncurrent_days > 0 ? [var.noncurrent_days] : []
    content {
      action { type = "Delete" }
      condition {
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.delete == null ? [] : [each.value.delete]
    content {
      action { type = "Delete" }
      condition { age = lifecycle_rule.value }
    }
  }
}
