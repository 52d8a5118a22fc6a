//! Every check bites: the project's own template with one thing broken has one finding, and as it is it has none.

use super::*;
use std::collections::BTreeSet;

/// A template that is broken in one way.
struct Broken {
    code: &'static str,
    /// The resource that is changed, what stands there, and what is put in its place.
    changes: &'static [(&'static str, &'static str, &'static str)],
    /// What the finding says: where, what, what to write.
    says: &'static [&'static str],
}

const PAGES: &str = "OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac # AllViewerExceptHostHeader";
const CACHE: &str = "CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad # CachingDisabled";

/// A behaviour from before there were policies.
macro_rules! legacy {
    ($values:literal) => {
        &[
            ("Distribution", CACHE, concat!("ForwardedValues: ", $values, "\n          MaxTTL: 0")),
            ("Distribution", PAGES, ""),
        ]
    };
}

/// An origin request policy of its own.
macro_rules! own_policy {
    ($config:literal) => {
        &[
            ("Distribution", PAGES, "OriginRequestPolicyId: !Ref OwnPolicy"),
            (
                "",
                "Resources:\n",
                concat!(
                    "Resources:\n  OwnPolicy:\n    Type: AWS::CloudFront::OriginRequestPolicy\n    Properties:\n      \
                     OriginRequestPolicyConfig: ",
                    $config,
                    "\n\n"
                ),
            ),
        ]
    };
}

#[rustfmt::skip]
const BROKEN: &[Broken] = &[
    Broken { code: "template.unresolved", changes: &[("Logs", "RetentionInDays: !Ref LogRetentionDays", "RetentionInDays: !Ref LogRetentionDays\n      Tags: !GetAZs ''")], says: &["Logs.Tags", "Fn::GetAZs", "--parameter NAME=VALUE"] },

    Broken { code: "template.refused", changes: &[("HomeFunction", "ForAllValues:StringLike:", "ForAllValues:StringNotLike:")], says: &["HomeFunction", "StringEquals or StringLike", "runserver"] },
    Broken { code: "template.refused", changes: &[("HomeFunction", "              Effect: Allow\n", "")], says: &["HomeFunction", "Effect"] },
    Broken { code: "table.missing", changes: &[("SessionsTable", "AWS::DynamoDB::Table", "AWS::DynamoDB::Tabel")], says: &["SESSIONS_TABLE", "Write Type: AWS::DynamoDB::Table"] },

    Broken { code: "edge.cookies-not-forwarded", changes: own_policy!("{ CookiesConfig: { CookieBehavior: whitelist, Cookies: [sessionid] }, HeadersConfig: { HeaderBehavior: allExcept, Headers: [Host] }, QueryStringsConfig: { QueryStringBehavior: all } }"), says: &["Distribution.DistributionConfig.DefaultCacheBehavior.OriginRequestPolicyId", "or not all of them", "Write OriginRequestPolicyId: b689b0a8"] },
    Broken { code: "edge.cookies-not-forwarded", changes: legacy!("{ QueryString: true, Headers: [Accept, Accept-Language, Origin, Referer, Sec-Fetch-Site, User-Agent, X-CSRFToken, x-viewer-address, x-viewer-host] }"), says: &["Write OriginRequestPolicyId: b689b0a8"] },
    Broken { code: "edge.query-not-forwarded", changes: own_policy!("{ CookiesConfig: { CookieBehavior: all }, HeadersConfig: { HeaderBehavior: allExcept, Headers: [host] }, QueryStringsConfig: { QueryStringBehavior: none } }"), says: &["query strings", "Write OriginRequestPolicyId: b689b0a8"] },
    Broken { code: "edge.host-forwarded", changes: &[("Distribution", PAGES, "OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3")], says: &["Host is passed on", r#"{"message":"Forbidden"}"#, "(AllViewerExceptHostHeader)"] },
    Broken { code: "edge.host-forwarded", changes: own_policy!("{ CookiesConfig: { CookieBehavior: all }, HeadersConfig: { HeaderBehavior: allViewer }, QueryStringsConfig: { QueryStringBehavior: all } }"), says: &["Host is passed on"] },
    Broken { code: "edge.host-forwarded", changes: legacy!("{ QueryString: true, Cookies: { Forward: all }, Headers: ['*'] }"), says: &["Host is passed on"] },
    Broken { code: "edge.headers-not-forwarded", changes: own_policy!("{ CookiesConfig: { CookieBehavior: all }, HeadersConfig: { HeaderBehavior: allExcept, Headers: [Host, Origin, User-Agent] }, QueryStringsConfig: { QueryStringBehavior: all } }"), says: &["do not get origin, user-agent."] },
    Broken { code: "edge.pages-cached", changes: &[("Distribution", CACHE, "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6")], says: &["DefaultCacheBehavior.CachePolicyId", "658327ea", "Write CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad (CachingDisabled)"] },
    Broken { code: "edge.pages-cached", changes: &[("Distribution", CACHE, "CachePolicyId: !Ref StaticCache")], says: &["static-cache, whose MaxTTL is not 0"] },
    Broken { code: "edge.pages-cached", changes: &[("Distribution", CACHE, "ForwardedValues: { QueryString: true, Cookies: { Forward: all }, Headers: [Accept, Accept-Language, Origin, Referer, Sec-Fetch-Site, User-Agent, x-csrftoken, x-viewer-address, x-viewer-host] }"), ("Distribution", PAGES, "DefaultTTL: 0")], says: &["DefaultCacheBehavior.MaxTTL", "up to a year"] },
    Broken { code: "edge.methods", changes: &[("Distribution", "AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]", "AllowedMethods: [GET, HEAD]")], says: &["OPTIONS, PUT, PATCH, POST, DELETE are not allowed", "Write AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]"] },
    Broken { code: "edge.plain-http", changes: &[("Distribution", "ViewerProtocolPolicy: redirect-to-https", "ViewerProtocolPolicy: allow-all")], says: &["DefaultCacheBehavior.ViewerProtocolPolicy", "Write ViewerProtocolPolicy: redirect-to-https"] },
    Broken { code: "edge.old-tls", changes: &[("Distribution", "MinimumProtocolVersion: TLSv1.2_2021", "MinimumProtocolVersion: TLSv1.1_2016")], says: &["ViewerCertificate.MinimumProtocolVersion", "TLSv1.1_2016", "Write MinimumProtocolVersion: TLSv1.2_2021"] },
    Broken { code: "edge.old-tls", changes: &[("Distribution", "OriginSSLProtocols: [TLSv1.2]", "OriginSSLProtocols: [TLSv1, TLSv1.2]")], says: &["Origins.0.CustomOriginConfig.OriginSSLProtocols", "Write OriginSSLProtocols: [TLSv1.2]"] },
    Broken { code: "edge.origin-plain-http", changes: &[("Distribution", "OriginProtocolPolicy: https-only", "OriginProtocolPolicy: match-viewer")], says: &["Write OriginProtocolPolicy: https-only"] },
    Broken { code: "edge.no-origin-secret", changes: &[("Distribution", "HeaderName: x-origin-secret", "HeaderName: x-origin")], says: &["Origins.0.OriginCustomHeaders", "x-origin-secret is not sent", "${OriginSecret}"] },
    Broken { code: "edge.origin-secret-in-clear", changes: &[("Distribution", "HeaderValue: !Sub '{{resolve:secretsmanager:${OriginSecret}:SecretString:ORIGIN_SECRET}}'", "HeaderValue: 0123456789012345678901234567890123456789")], says: &["OriginCustomHeaders.0.HeaderValue", "resolve:secretsmanager"] },
    Broken { code: "edge.other-origin-secret", changes: &[("Distribution", "${OriginSecret}:SecretString:ORIGIN_SECRET", "${SecretKey}:SecretString:SECRET_KEY")], says: &["another secret than ORIGIN_SECRET_ARN", "${OriginSecret}"] },
    Broken { code: "edge.no-viewer-function", changes: &[("Distribution", "FunctionARN: !GetAtt ViewerHeaders.FunctionARN", "FunctionARN: !GetAtt StaticEncoding.FunctionARN")], says: &["DefaultCacheBehavior.FunctionAssociations", "x-viewer-address and x-viewer-host", "!GetAtt ViewerHeaders.FunctionARN"] },
    Broken { code: "edge.no-viewer-function", changes: &[("Distribution", "            - EventType: viewer-request\n              FunctionARN: !GetAtt ViewerHeaders", "            - EventType: viewer-response\n              FunctionARN: !GetAtt ViewerHeaders")], says: &["EventType: viewer-request"] },
    Broken { code: "edge.static-cookies", changes: &[("StaticCache", "CookieBehavior: none", "CookieBehavior: all")], says: &["CacheBehaviors.0.CachePolicyId", "Write CookieBehavior: none"] },
    Broken { code: "edge.static-query", changes: &[("StaticCache", "QueryStringBehavior: none", "QueryStringBehavior: all")], says: &["CacheBehaviors.0.CachePolicyId", "Write QueryStringBehavior: none"] },
    Broken { code: "edge.no-origin-access", changes: &[("Distribution", "OriginAccessControlId: !GetAtt StaticAccess.Id", "OriginPath: ''")], says: &["Origins.1.OriginAccessControlId", "!GetAtt StaticAccess.Id"] },
    Broken { code: "edge.no-origin-access", changes: &[("StaticAccess", "SigningBehavior: always", "SigningBehavior: never")], says: &["StaticAccess.OriginAccessControlConfig.SigningBehavior", "Write SigningBehavior: always"] },
    Broken { code: "edge.no-nosniff", changes: &[("StaticHeaders", "ContentTypeOptions:\n            Override: true\n", "XSSProtection: { Override: true, Protection: false }\n")], says: &["StaticHeaders.ResponseHeadersPolicyConfig.SecurityHeadersConfig", "Write ContentTypeOptions: { Override: true }"] },
    Broken { code: "edge.no-hsts", changes: &[("StaticHeaders", "AccessControlMaxAgeSec: 31536000", "AccessControlMaxAgeSec: 0")], says: &["AccessControlMaxAgeSec: 31536000"] },
    Broken { code: "edge.unknown-policy", changes: &[("Distribution", PAGES, "OriginRequestPolicyId: 00000000-0000-0000-0000-000000000000")], says: &["00000000-0000-0000-0000-000000000000", "Write OriginRequestPolicyId: b689b0a8"] },
    Broken { code: "edge.unknown-policy", changes: &[("Distribution", "ResponseHeadersPolicyId: !Ref StaticHeaders", "ResponseHeadersPolicyId: 00000000")], says: &["Write ResponseHeadersPolicyId: !Ref StaticHeaders"] },
    Broken { code: "edge.media-open", changes: &[("MediaDistribution", "TrustedKeyGroups: [!Ref MediaVerifiers]", "SmoothStreaming: false")], says: &["MediaDistribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups", "Write TrustedKeyGroups: [!Ref MediaVerifiers]"] },
    Broken { code: "edge.errors-cached", changes: &[("Distribution", "- { ErrorCode: 503, ErrorCachingMinTTL: 0 }", "- { ErrorCode: 503, ErrorCachingMinTTL: 10 }")], says: &["Distribution.DistributionConfig.CustomErrorResponses", "errors 503 are kept", "ErrorCachingMinTTL: 0"] },
    Broken { code: "edge.error-page", changes: &[("Distribution", "- { ErrorCode: 404, ErrorCachingMinTTL: 1 }", "- { ErrorCode: 404, ErrorCachingMinTTL: 1, ResponseCode: 200, ResponsePagePath: /index.html }")], says: &["CustomErrorResponses.0.ResponsePagePath", "Leave ResponsePagePath and ResponseCode out"] },

    Broken { code: "api.route-twice", changes: &[("SignupFunction", "Path: /signup,", "Path: /login,")], says: &["SignupFunction.Events.Signup", "/login is LoginFunction.Events.Login already", "Remove one of the two"] },
    Broken { code: "api.route-method", changes: &[("SignupFunction", "Path: /signup, Method: ANY", "Path: /signup, Method: POST")], says: &["SignupFunction.Events.Signup.Properties.Method", "for POST alone", "Write Method: ANY"] },
    Broken { code: "api.no-default", changes: &[("HomeFunction", "Default: { Type: HttpApi, Properties: { ApiId: !Ref HttpApi } }", "")], says: &["HomeFunction.Events", "$default", "Write Default: { Type: HttpApi"] },
    Broken { code: "cors.star", changes: &[("HttpApi", "FailOnWarnings: true", "FailOnWarnings: true\n      CorsConfiguration: { AllowOrigins: ['*'] }")], says: &["HttpApi.CorsConfiguration.AllowOrigins", "CSRF_TRUSTED_ORIGINS"] },
    Broken { code: "cors.star", changes: &[("HttpApi", "FailOnWarnings: true", "FailOnWarnings: true\n      CorsConfiguration: true")], says: &["HttpApi.CorsConfiguration"] },
    Broken { code: "cors.star", changes: &[("MediaBucket", "AllowedOrigins: [!If [HasPublicUrl, !Ref PublicUrl, https://public-url-not-set.invalid]]", "AllowedOrigins: ['*']")], says: &["MediaBucket.CorsConfiguration.CorsRules.0.AllowedOrigins", "Write AllowedOrigins: [!Ref PublicUrl]"] },
    Broken { code: "cors.star", changes: &[("MediaHeaders", "Items: [!If [HasPublicUrl, !Ref PublicUrl, https://public-url-not-set.invalid]]", "Items: ['*']")], says: &["MediaHeaders.ResponseHeadersPolicyConfig.CorsConfig", "!Ref PublicUrl"] },

    Broken { code: "table.keys", changes: &[("SessionsTable", "{ AttributeName: SK, AttributeType: S }", "{ AttributeName: SK, AttributeType: N }")], says: &["SessionsTable.KeySchema", "both of AttributeType S"] },
    Broken { code: "table.ttl", changes: &[("SessionsTable", "AttributeName: expires_at", "AttributeName: ttl")], says: &["SessionsTable.TimeToLiveSpecification.AttributeName", "items expire by ttl", "{ AttributeName: expires_at, Enabled: true }"] },
    Broken { code: "table.ttl", changes: &[("OutboxTable", "Enabled: true", "Enabled: false")], says: &["OutboxTable.TimeToLiveSpecification", "nothing expires"] },
    Broken { code: "table.ttl", changes: &[("AccountsTable", "AttributeName: audited_until", "AttributeName: expires_at")], says: &["AccountsTable", "{ AttributeName: audited_until, Enabled: true }"] },
    Broken { code: "table.no-backups", changes: &[("AccountsTable", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false")], says: &["Write PointInTimeRecoverySpecification"] },
    Broken { code: "table.no-backups", changes: &[("OutboxTable", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false")], says: &["OutboxTable.PointInTimeRecoverySpecification"] },
    Broken { code: "table.unprotected", changes: &[("OutboxTable", "DeletionProtectionEnabled: true", "TableClass: STANDARD")], says: &["OutboxTable.DeletionProtectionEnabled"] },
    Broken { code: "table.unprotected", changes: &[("AccountsTable", "DeletionProtectionEnabled: true", "TableClass: STANDARD")], says: &["AccountsTable.DeletionProtectionEnabled", "Write DeletionProtectionEnabled: true"] },
    Broken { code: "table.unprotected", changes: &[("AccountsTable", "DeletionPolicy: Retain", "DeletionPolicy: Delete")], says: &["DeletionPolicy: Retain"] },
    Broken { code: "table.billing", changes: &[("SessionsTable", "BillingMode: PAY_PER_REQUEST", "ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 }")], says: &["SessionsTable.BillingMode", "Write BillingMode: PAY_PER_REQUEST"] },
    Broken { code: "table.index", changes: &[("AccountsTable", "IndexName: listing", "IndexName: lists")], says: &["AccountsTable.GlobalSecondaryIndexes", "IndexName: listing"] },
    Broken { code: "table.stream", changes: &[("OutboxTable", "StreamViewType: KEYS_ONLY", "StreamViewType: NEW_IMAGE")], says: &["OutboxTable.StreamSpecification.StreamViewType", "carries NEW_IMAGE", "{ StreamViewType: KEYS_ONLY }"] },

    Broken { code: "stream.batch-failures", changes: &[("MailerFunction", "FunctionResponseTypes: [ReportBatchItemFailures]", "")], says: &["MailerFunction.Events.Promised.Properties.FunctionResponseTypes", "Write FunctionResponseTypes: [ReportBatchItemFailures]"] },
    Broken { code: "stream.retries", changes: &[("EraseAccountFunction", "MaximumRetryAttempts: 10", "MaximumRetryAttempts: -1")], says: &["EraseAccountFunction.Events.Ordered.Properties.MaximumRetryAttempts", "Write MaximumRetryAttempts: 10"] },
    Broken { code: "stream.no-consumer", changes: &[("MailerFunction", "Stream: !GetAtt OutboxTable.StreamArn", "Stream: !GetAtt SessionsTable.StreamArn")], says: &["MailerFunction.Events", "Write Stream: !GetAtt OutboxTable.StreamArn"] },
    Broken { code: "function.no-dead-letters", changes: &[("MailerFunction", "            DestinationConfig:\n", "            IgnoredConfig:\n")], says: &["MailerFunction.Events.Promised.Properties.DestinationConfig.OnFailure.Destination", "Write OnFailure: { Type: SQS"] },
    Broken { code: "function.no-dead-letters", changes: &[("ProcessUploadFunction", "Destination: !GetAtt FailedUploads.Arn", "")], says: &["ProcessUploadFunction.EventInvokeConfig.DestinationConfig.OnFailure.Destination"] },
    Broken { code: "queue.retention", changes: &[("FailedMails", "MessageRetentionPeriod: 1209600 # 14 days, the longest there is", "MessageRetentionPeriod: 345600")], says: &["FailedMails.MessageRetentionPeriod", "Write MessageRetentionPeriod: 1209600"] },

    Broken { code: "bucket.public", changes: &[("MediaBucket", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false")], says: &["MediaBucket.PublicAccessBlockConfiguration", "RestrictPublicBuckets is not said", "BlockPublicPolicy: true"] },
    Broken { code: "bucket.acls", changes: &[("StaticBucket", "ObjectOwnership: BucketOwnerEnforced", "ObjectOwnership: ObjectWriter")], says: &["StaticBucket.OwnershipControls.Rules", "BucketOwnerEnforced"] },
    Broken { code: "bucket.plain-http", changes: &[("MediaBucketPolicy", "              - !Sub ${MediaBucket.Arn}/*\n", "")], says: &["MediaBucket", "aws:SecureTransport: 'false'"] },
    Broken { code: "bucket.plain-http", changes: &[("StaticBucketPolicy", "Action: s3:*", "Action: s3:PutObject")], says: &["StaticBucket: ", "Action: s3:*"] },
    Broken { code: "bucket.open", changes: &[("StaticBucketPolicy", "Principal:\n              Service: cloudfront.amazonaws.com\n            Action: s3:GetObject\n            Resource: !Sub ${StaticBucket.Arn}/static/*\n            Condition:\n              StringEquals:\n                AWS:SourceArn: !Sub arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\n", "Principal: '*'\n            Action: s3:GetObject\n            Resource: !Sub ${StaticBucket.Arn}/static/*\n")], says: &["StaticBucketPolicy.PolicyDocument.Statement.1.Principal", "Service: cloudfront.amazonaws.com"] },
    Broken { code: "bucket.lifecycle", changes: &[("MediaBucket", "Prefix: held/", "Prefix: hold/")], says: &["MediaBucket.LifecycleConfiguration.Rules", "nothing under held/", "ExpirationInDays: 1"] },
    Broken { code: "bucket.lifecycle", changes: &[("StaticBucket", "Status: Enabled", "Status: Disabled")], says: &["StaticBucket.LifecycleConfiguration.Rules", "AbortIncompleteMultipartUpload"] },
    Broken { code: "bucket.cors", changes: &[("MediaBucket", "ExposedHeaders: [ETag]", "ExposedHeaders: []")], says: &["MediaBucket.CorsConfiguration.CorsRules", "ExposedHeaders: [ETag]"] },
    Broken { code: "bucket.cors", changes: &[("MediaBucket", "AllowedMethods: [GET, HEAD, PUT, POST]", "AllowedMethods: [GET, HEAD, POST]")], says: &["AllowedMethods: [GET, HEAD, PUT, POST]"] },
    Broken { code: "bucket.cors", changes: &[("MediaBucket", "AllowedOrigins: [!If [HasPublicUrl, !Ref PublicUrl, https://public-url-not-set.invalid]]", "AllowedOrigins: [https://example.com]")], says: &["AllowedOrigins: [!Ref PublicUrl]"] },
    Broken { code: "bucket.cors", changes: &[("MediaBucket", "AllowedMethods: [GET, HEAD, PUT, POST]", "AllowedMethods: [GET, HEAD, PUT, POST, DELETE]")], says: &["more than that"] },
    Broken { code: "bucket.cors", changes: &[("MediaBucket", "        CorsRules:\n", "        CorsRules:\n          - { AllowedOrigins: [https://example.com], AllowedMethods: [GET] }\n")], says: &["not the site alone"] },
    Broken { code: "bucket.deleted", changes: &[("MediaBucket", "DeletionPolicy: Retain", "DeletionPolicy: Delete")], says: &["MediaBucket", "DeletionPolicy: Retain"] },

    Broken { code: "function.runtime", changes: &[("HomeFunction", "CodeUri: functions/home", "CodeUri: functions/home\n      Runtime: provided.al2")], says: &["HomeFunction.Runtime", "provided.al2", "Write Runtime: provided.al2023"] },
    Broken { code: "function.timeout", changes: &[("LoginFunction", "Timeout: 25 #", "Timeout: 20 #")], says: &["LoginFunction.Timeout", "PASSWORD_HASH_WAIT_MS", "20000 ms", "Write Timeout: 25"] },
    Broken { code: "function.timeout", changes: &[("MailerFunction", "Timeout: 30", "Timeout: 10")], says: &["MailerFunction.Timeout", "EMAIL_TIMEOUT"] },
    Broken { code: "function.timeout", changes: &[("EraseAccountFunction", "Timeout: 300", "Timeout: 30")], says: &["EraseAccountFunction.Timeout", "AWS_OPERATION_TIMEOUT_MS"] },
    Broken { code: "function.outlives-gateway", changes: &[("SignupFunction", "Timeout: 15", "Timeout: 60")], says: &["SignupFunction.Timeout", "Write Timeout: 30, or less"] },
    Broken { code: "function.memory", changes: &[("PasswordFunction", "MemorySize: 1769", "MemorySize: 512")], says: &["PasswordFunction.MemorySize", "512 MB", "Write MemorySize: 1769"] },
    Broken { code: "function.setting", changes: &[("MailerFunction", "DEFAULT_FROM_EMAIL: !If", "SESION_COOKIE_AGE: 60\n          DEFAULT_FROM_EMAIL: !If")], says: &["MailerFunction.Environment.Variables", "did you mean SESSION_COOKIE_AGE?"] },
    Broken { code: "function.setting", changes: &[("MailerFunction", "DEFAULT_FROM_EMAIL: !If", "SESSION_COOKIE_AGE: soon\n          DEFAULT_FROM_EMAIL: !If")], says: &["SESSION_COOKIE_AGE accepts", "docs/configuration.md"] },
    Broken { code: "function.open", changes: &[("HomeFunction", "CodeUri: functions/home", "CodeUri: functions/home\n      Environment: { Variables: { ORIGIN_SECRET_ARN: !Ref AWS::NoValue } }")], says: &["HomeFunction.Environment.Variables.ORIGIN_SECRET_ARN", "Write ORIGIN_SECRET_ARN: !Ref OriginSecret"] },
    Broken { code: "secrets.in-clear", changes: &[("MailerFunction", "DEFAULT_FROM_EMAIL: !If", "EMAIL_HOST_PASSWORD: hunter2\n          DEFAULT_FROM_EMAIL: !If")], says: &["MailerFunction.Environment.Variables.EMAIL_HOST_PASSWORD", "Put it into Secrets Manager"] },
    Broken { code: "secrets.in-clear", changes: &[("SecretKey", "GenerateSecretString:\n", "SecretString: '{\"SECRET_KEY\": \"0123456789012345678901234567890123456789\"}'\n      IgnoredString:\n")], says: &["SecretKey.SecretString", "Write GenerateSecretString"] },
    Broken { code: "secrets.in-clear", changes: &[("", "Parameters:\n", "Parameters:\n  SmtpPassword: { Type: String, Default: hunter2 }\n")], says: &["SmtpPassword.Default"] },
    Broken { code: "secrets.in-clear", changes: &[("Logs", "RetentionInDays: !Ref LogRetentionDays", "RetentionInDays: !Ref LogRetentionDays # AKIAIOSFODNN7EXAMPLE")], says: &["line ", "access key"] },
    Broken { code: "secrets.deleted", changes: &[("SecretKey", "DeletionPolicy: Retain", "DeletionPolicy: Delete")], says: &["SecretKey", "DeletionPolicy: Retain"] },
    Broken { code: "log.retention", changes: &[("Logs", "RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD")], says: &["Logs.RetentionInDays", "Write RetentionInDays: 90"] },
    Broken { code: "log.retention", changes: &[("HomeFunction", "CodeUri: functions/home", "CodeUri: functions/home\n      LoggingConfig: { LogGroup: /aws/lambda/home }")], says: &["HomeFunction.LoggingConfig.LogGroup", "LogGroup: !Ref Logs"] },

    Broken { code: "role.shared", changes: &[("HomeFunction", "CodeUri: functions/home", "CodeUri: functions/home\n      Role: arn:aws:iam::123456789012:role/pages"), ("LoginFunction", "CodeUri: functions/login", "CodeUri: functions/login\n      Role: arn:aws:iam::123456789012:role/pages")], says: &["LoginFunction.Role", "HomeFunction has the same role", "Leave Role out"] },
    Broken { code: "role.policy-template", changes: &[("HomeFunction", "- !Ref PagePolicy\n", "- !Ref PagePolicy\n        - DynamoDBCrudPolicy: { TableName: !Ref AccountsTable }\n")], says: &["HomeFunction.Policies.1", "DynamoDBCrudPolicy", "Write the statements themselves"] },
    Broken { code: "role.policy-template", changes: &[("HomeFunction", "- !Ref PagePolicy\n", "- !Ref PagePolicy\n        - AmazonDynamoDBFullAccess\n")], says: &["AmazonDynamoDBFullAccess"] },
    Broken { code: "role.action-star", changes: &[("HomeFunction", "Action: dynamodb:PutItem", "Action: dynamodb:*")], says: &["HomeFunction.Policies.1.Statement.0.Action", "one by one"] },
    Broken { code: "role.resource-star", changes: &[("PagePolicy", "Resource: !Ref OriginSecret", "Resource: '*'")], says: &["PagePolicy.PolicyDocument.Statement.4.Resource", "Write the ARN of what is used"] },
    Broken { code: "role.resource-star", changes: &[("MalwareRole", "Resource: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*", "Resource: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*")], says: &["MalwareRole.Policies.0.PolicyDocument.Statement.0.Resource"] },
    Broken { code: "role.everything-but", changes: &[("HomeFunction", "Action: dynamodb:PutItem", "NotAction: dynamodb:DeleteTable")], says: &["HomeFunction.Policies.1.Statement.0.NotAction", "Write Action with what is used"] },
    Broken { code: "role.whole-table", changes: &[("HomeFunction", "dynamodb:LeadingKeys: ['ANON#*', 'USER#*']", "dynamodb:LeadingKeys: ['*']")], says: &["HomeFunction.Policies.1.Statement.0.Condition", "dynamodb:LeadingKeys: ['USER#*']"] },
    Broken { code: "role.whole-table", changes: &[("HomeFunction", "dynamodb:LeadingKeys: ['ANON#*', 'USER#*']", "dynamodb:Select: SPECIFIC_ATTRIBUTES")], says: &["dynamodb:PutItem reach every partition"] },
    Broken { code: "role.whole-table", changes: &[("HomeFunction", "Action: dynamodb:PutItem", "Action: dynamodb:Scan")], says: &["Statement.0.Action", "Write dynamodb:Query"] },
    Broken { code: "role.whole-bucket", changes: &[("PagePolicy", "${AWS::StackName}-media-${AWS::AccountId}/media/*", "${AWS::StackName}-media-${AWS::AccountId}/*")], says: &["PagePolicy.PolicyDocument.Statement.2.Resource", "uploads/*, held/* or media/*"] },
    Broken { code: "role.whole-bucket", changes: &[("AccountFunction", "s3:prefix: 'media/*'", "s3:delimiter: /")], says: &["AccountFunction.Policies", "s3:prefix: 'uploads/*'"] },
    Broken { code: "role.any-sender", changes: &[("MailerFunction", "ses:FromAddress: !If [HasSender, !Ref DefaultFromEmail, webmaster@public-url-not-set.invalid]", "ses:FromDisplayName: Portico")], says: &["MailerFunction.Policies.1.Statement.3", "ses:FromAddress"] },
];

/// Every optional part of the project, switched on.
const ALL_ON: [(&str, &str); 21] = [
    ("PublicUrl", "https://www.example.org"),
    ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1"),
    ("DefaultFromEmail", "no-reply@example.org"),
    ("SessionEngine", "cached_db"),
    ("CacheLocation", "rediss://cache.example.org:6379"),
    ("VpcSubnetIds", "subnet-1,subnet-2"),
    ("VpcSecurityGroupIds", "sg-1"),
    ("StaticFiles", "function"),
    ("StaticUrl", "https://static.example.org/static/"),
    ("MalwareScan", "guardduty"),
    ("MediaUrl", "https://media.example.net"),
    ("MediaCertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/2"),
    ("MediaPublicKey", "-----BEGIN PUBLIC KEY-----MFkw-----END PUBLIC KEY-----"),
    ("MediaOtherPublicKey", "-----BEGIN PUBLIC KEY-----MFkx-----END PUBLIC KEY-----"),
    ("Admin", "on"),
    ("AdminUrl", "https://admin.example.org"),
    ("AdminAllowedNetworks", "203.0.113.0/24"),
    ("HostedZoneId", "Z0123456789ABCDEFGHIJ"),
    ("AlarmEmail", "ops@example.org"),
    ("HashingConcurrency", "20"),
    ("UploadConcurrency", "5"),
];

fn project() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    std::fs::read_to_string(path).unwrap()
}

/// The text with one thing changed inside a resource, or anywhere.
fn changed(text: &str, resource: &str, from: &str, to: &str) -> String {
    let begin = if resource.is_empty() {
        0
    } else {
        text.find(&format!("\n  {resource}:")).unwrap_or_else(|| panic!("there is no resource {resource}"))
    };
    let (before, rest) = text.split_at(begin);
    let end = rest
        .match_indices("\n  ")
        .skip(1)
        .find(|(at, _)| rest[at + 3..].starts_with(|c: char| c.is_ascii_uppercase()) && !resource.is_empty());
    let (block, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
    assert!(block.contains(from), "{resource} has no {from:?}");
    format!("{before}{}{after}", block.replacen(from, to, 1))
}

fn found(text: &str, parameters: &[(&str, &str)]) -> Vec<Finding> {
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    diagnose(text, &parameters).unwrap()
}

#[test]
fn the_projects_template_has_no_finding_whatever_is_switched_on() {
    let text = project();
    assert_eq!(found(&text, &[]), []);
    for (name, value) in ALL_ON {
        // What needs another one is switched on with all of them.
        if !matches!(name, "SessionEngine" | "MediaUrl" | "AdminUrl" | "AdminAllowedNetworks") {
            assert_eq!(found(&text, &[(name, value)]), [], "{name}");
        }
    }
    assert_eq!(found(&text, &ALL_ON), []);
    let parameters = &Deployment::parse(&text, &Resolver::local().naming_attributes()).unwrap().parameters;
    let left: Vec<_> = parameters.keys().filter(|known| ALL_ON.iter().all(|(name, _)| name != known)).collect();
    assert_eq!(
        left,
        [
            "Architecture",
            "CacheCluster",
            "CacheUsername",
            "LogRetentionDays",
            "MediaSigningKey",
            "Monitoring",
            "Restart",
            "Tracing"
        ],
        "no part of these is optional"
    );
}

#[test]
fn each_check_bites_where_its_thing_is_broken_and_no_other_does() {
    let text = project();
    // With a media distribution and a certificate: they are looked at too.
    let on: Vec<_> = ALL_ON.into_iter().filter(|(name, _)| !matches!(*name, "StaticFiles" | "StaticUrl")).collect();
    let mut wrong = Vec::new();
    for Broken { code, changes, says } in BROKEN {
        let broken = changes.iter().fold(text.clone(), |text, (resource, from, to)| changed(&text, resource, from, to));
        let findings = found(&broken, &on);
        let codes: Vec<_> = findings.iter().map(|finding| finding.check.code).collect();
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        let first = told.first().cloned().unwrap_or_default();
        let missing: Vec<_> = says.iter().filter(|words| !first.contains(*words)).collect();
        if codes != [*code] || !missing.is_empty() {
            wrong.push(format!("{code} {changes:?}\n  lacks {missing:?}\n  {}", told.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn there_is_a_broken_template_for_each_check() {
    let bitten: BTreeSet<_> = BROKEN.iter().map(|broken| broken.code).collect();
    let checks: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(bitten, checks);
    assert_eq!(checks.len(), CHECKS.len(), "each code is one check's");
    for check in CHECKS {
        assert!(!check.why.ends_with('.') && check.why.starts_with(|c: char| c.is_uppercase()), "{}", check.code);
    }
}

#[test]
fn a_parameter_that_there_is_not_and_a_text_that_is_no_template_are_refused() {
    let refused = |text: &str, name: &str| diagnose(text, &[(name.to_owned(), "x".to_owned())]).unwrap_err();
    let why = refused(&project(), "PublicURL");
    assert!(why.contains("no parameter PublicURL") && why.contains("PublicUrl"), "{why}");
    assert!(refused("Resources: [", "A").contains("not YAML"));
    assert!(refused("Parameters: {}", "A").contains("no Resources"));
    assert!(parameter("PublicUrl").is_err());
    let wrong = |name: &str, value: &str| diagnose(&project(), &[(name.to_owned(), value.to_owned())]).unwrap_err();
    assert_eq!(wrong("Admin", "maybe"), "the parameter Admin takes off, on");
    for number in ["abc", "-5", "NaN", "1.5"] {
        assert!(wrong("HashingConcurrency", number).contains("takes a whole number"), "{number}");
    }
    assert_eq!(parameter("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
}

#[test]
fn a_parameter_without_a_default_is_asked_for() {
    let text = changed(
        &project(),
        "",
        "  PublicUrl:\n    Type: String\n    Default: ''\n",
        "  PublicUrl:\n    Type: String\n",
    );
    let why = diagnose(&text, &[]).unwrap_err();
    assert_eq!(why, "the parameter PublicUrl has no default: give --parameter PublicUrl=VALUE");
    assert_eq!(found(&text, &[("PublicUrl", "https://www.example.org")]), []);
}
