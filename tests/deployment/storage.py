"""Checks of what is kept: tables, buckets, secrets."""

from check import check
from translation import shown, texts

NOBODY = "https://public-url-not-set.invalid"
TABLES = {  # its attribute of expiry, and whether it is durable
    "AccountsTable": ("audited_until", True),
    "SessionsTable": ("expires_at", False),
    "OutboxTable": ("expires_at", True),
}


@check
def there_are_three_tables_with_the_keys_that_the_code_expects(d):
    tables = d.of_type("AWS::DynamoDB::Table")
    assert set(tables) == set(TABLES), sorted(tables)
    for name, table in tables.items():
        keys = [(one["AttributeName"], one["KeyType"]) for one in table["KeySchema"]]
        assert keys == [("PK", "HASH"), ("SK", "RANGE")], f"{name}: {keys}"
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
    [index] = tables["AccountsTable"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "listing", shown(index)


@check
def what_expires_expires_by_itself(d):
    for name, (attribute, _) in TABLES.items():
        expiry = d.properties(name).get("TimeToLiveSpecification")
        assert expiry == {"AttributeName": attribute, "Enabled": True}, f"{name}: {expiry}"


@check
def what_is_durable_can_be_restored_to_any_second(d):
    for name, (_, durable) in TABLES.items():
        recovery = d.properties(name).get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
        assert recovery is durable, f"{name}: {recovery}"


@check
def what_is_durable_is_not_deleted_with_the_stack_nor_by_hand(d):
    for name, (_, durable) in TABLES.items():
        assert d.properties(name).get("DeletionProtectionEnabled", False) is durable, f"{name}: protection"
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            assert d.resources[name][policy] == ("Retain" if durable else "Delete"), f"{name}: {policy}"
    for name in ("MediaBucket", "StaticBucket", "SecretKey"):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            assert d.resources[name].get(policy) == "Retain", f"{name}: {policy}"


@check
def the_outbox_alone_has_a_stream_and_it_has_keys_alone(d):
    for name in TABLES:
        stream = d.properties(name).get("StreamSpecification")
        expected = {"StreamViewType": "KEYS_ONLY"} if name == "OutboxTable" else None
        assert stream == expected, f"{name}: {stream}"


@check
def no_bucket_is_public(d):
    buckets = d.of_type("AWS::S3::Bucket")
    assert set(buckets) == {"MediaBucket", "StaticBucket"}, sorted(buckets)
    for name, bucket in buckets.items():
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        for what in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            assert blocked.get(what) is True, f"{name}: {what}"
        rules = bucket["OwnershipControls"]["Rules"]
        assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}], f"{name}: {rules}"
        assert "WebsiteConfiguration" not in bucket and "AccessControl" not in bucket, name


@check
def every_bucket_refuses_what_comes_without_tls(d):
    for name in d.of_type("AWS::S3::Bucket"):
        [policy] = [one for one in d.of_type("AWS::S3::BucketPolicy").values() if one["Bucket"] == f"<{name}>"]
        refusals = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert [
            one
            for one in refusals
            if one["Principal"] == "*"
            and one["Action"] == "s3:*"
            and set(one["Resource"]) == {f"<{name}.Arn>", f"<{name}.Arn>/*"}
            and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        ], f"{name}: {shown(refusals)}"


@check
def only_its_own_distribution_reads_a_bucket_by_its_policy(d):
    readers = {"StaticBucket": ("Distribution", "static/*"), "MediaBucket": ("MediaDistribution", "media/*")}
    for policy in d.of_type("AWS::S3::BucketPolicy").values():
        bucket = policy["Bucket"].strip("<>")
        distribution, folder = readers[bucket]
        for one in policy["PolicyDocument"]["Statement"]:
            if one["Effect"] != "Allow":
                continue
            assert one["Principal"] == {"Service": "cloudfront.amazonaws.com"}, f"{bucket}: {shown(one)}"
            from_it = f"arn:aws:cloudfront::123456789012:distribution/<{distribution}>"
            assert one["Condition"] == {"StringEquals": {"AWS:SourceArn": from_it}}, f"{bucket}: {shown(one)}"
            for action, resource in zip(texts(one["Action"]), texts(one["Resource"]), strict=True):
                listing = (action, resource) == ("s3:ListBucket", "<StaticBucket.Arn>")
                assert listing or (action, resource) == ("s3:GetObject", f"<{bucket}.Arn>/{folder}"), f"{bucket}: {shown(one)}"


@check
def scripts_of_the_site_alone_reach_the_media_bucket(d):
    [rule] = d.properties("MediaBucket")["CorsConfiguration"]["CorsRules"]
    site = d.parameters["PublicUrl"] or NOBODY
    assert rule["AllowedOrigins"] == [site], rule["AllowedOrigins"]
    assert set(rule["AllowedMethods"]) == {"GET", "HEAD", "PUT", "POST"}, rule["AllowedMethods"]
    assert "ETag" in rule["ExposedHeaders"], "parts are completed by their ETags"
    assert "CorsConfiguration" not in d.properties("StaticBucket")


@check
def what_nobody_takes_is_forgotten_after_a_day_and_what_is_published_is_not(d):
    rules = d.properties("MediaBucket")["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules), shown(rules)
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"uploads/": 1, "held/": 1}, expiring
    for name in d.of_type("AWS::S3::Bucket"):
        rules = d.properties(name)["LifecycleConfiguration"]["Rules"]
        halves = [one["AbortIncompleteMultipartUpload"] for one in rules if "AbortIncompleteMultipartUpload" in one]
        assert halves == [{"DaysAfterInitiation": 1}], f"{name}: {halves}"


@check
def the_media_bucket_tells_of_new_uploads_and_of_nothing_else(d):
    [told] = d.properties("MediaBucket")["NotificationConfiguration"]["LambdaConfigurations"]
    assert told["Event"] == "s3:ObjectCreated:*" and told["Function"] == "<ProcessUploadFunction.Arn>", shown(told)
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}], "copies would tell of themselves"


@check
def secrets_are_made_up_by_secrets_manager(d):
    secrets = d.of_type("AWS::SecretsManager::Secret")
    assert set(secrets) == {"SecretKey", "OriginSecret"}, sorted(secrets)
    for name, secret in secrets.items():
        assert "SecretString" not in secret, f"{name} stands in the template"
        assert secret["GenerateSecretString"]["PasswordLength"] >= 50, name
