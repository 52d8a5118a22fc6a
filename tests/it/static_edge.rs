//! The bucket of the static files and the distribution in front of it, as `template.yaml` declares them.

use std::collections::BTreeSet;

use local::template::{Resolver, Template};
use portico::static_files::COMPRESSED;
use serde_json::{Value, json};

use crate::site::root;

/// The properties of a resource, with these parameters.
fn properties(id: &str, parameters: &[(&str, &str)]) -> Value {
    let mut resolver = Resolver::local()
        .parameter("PublicUrl", "https://www.example.org")
        .attribute("StaticAccess.Id", "the-access-control")
        .attribute("StaticBucket.RegionalDomainName", "the-bucket.s3.us-east-1.amazonaws.com")
        .attribute("StaticEncoding.FunctionARN", "the-encoding")
        .attribute("ViewerHeaders.FunctionARN", "the-viewers-headers");
    for (name, value) in parameters {
        resolver = resolver.parameter(*name, *value);
    }
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    Template::properties(&text, &resolver, id).unwrap_or_else(|error| panic!("{}", portico::log::chain(&error)))
}

/// What the distribution does with `/static/`.
fn behavior(parameters: &[(&str, &str)]) -> Value {
    let distribution = properties("Distribution", parameters);
    let behaviors = distribution["DistributionConfig"]["CacheBehaviors"].as_array().unwrap();
    behaviors.iter().find(|behavior| behavior["PathPattern"] == "/static/*").unwrap().clone()
}

#[test]
fn the_bucket_is_private() {
    let bucket = properties("StaticBucket", &[]);
    let block = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert_eq!(block.len(), 4);
    assert!(block.values().all(|flag| flag == true), "{block:?}");
    assert_eq!(bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced");
    assert!(bucket.get("WebsiteConfiguration").is_none(), "a website would list, and be public");
    assert!(bucket.get("AccessControl").is_none());
}

#[test]
fn nobody_but_the_distribution_may_read_it() {
    let policy = properties("StaticBucketPolicy", &[]);
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
    let arn = "arn:aws:s3:::portico-static-123456789012";
    let mut allowed = BTreeSet::new();
    for statement in statements {
        if statement["Effect"] == "Deny" {
            assert_eq!(statement["Condition"]["Bool"]["aws:SecureTransport"], "false");
            continue;
        }
        assert_eq!(statement["Principal"], json!({ "Service": "cloudfront.amazonaws.com" }));
        let source = &statement["Condition"]["StringEquals"]["AWS:SourceArn"];
        assert_eq!(*source, "arn:aws:cloudfront::123456789012:distribution/distribution", "no other account's");
        let text = |key: &str| statement[key].as_str().unwrap().replace(arn, "BUCKET");
        allowed.insert((text("Action"), text("Resource")));
    }
    let expected = [("s3:GetObject", "BUCKET/static/*"), ("s3:ListBucket", "BUCKET")];
    assert_eq!(allowed, expected.map(|(action, resource)| (action.to_owned(), resource.to_owned())).into());
}

#[test]
fn the_distribution_signs_what_it_asks_the_bucket_for() {
    let distribution = properties("Distribution", &[]);
    let origins = distribution["DistributionConfig"]["Origins"].as_array().unwrap();
    let origin = origins.iter().find(|origin| origin["Id"] == "static").unwrap();
    assert_eq!(origin["OriginAccessControlId"], "the-access-control");
    assert!(origin.get("OriginPath").is_none() && origin.get("CustomOriginConfig").is_none());
    let access = &properties("StaticAccess", &[])["OriginAccessControlConfig"];
    assert_eq!((&access["SigningBehavior"], &access["SigningProtocol"]), (&json!("always"), &json!("sigv4")));
    assert!(distribution["DistributionConfig"].get("DefaultRootObject").is_none());
}

#[test]
fn no_listing_can_be_asked_for() {
    let distribution = properties("Distribution", &[]);
    let config = &distribution["DistributionConfig"];
    assert_ne!(config["DefaultCacheBehavior"]["TargetOriginId"], "static");
    for behavior in config["CacheBehaviors"].as_array().unwrap() {
        if behavior["TargetOriginId"] == "static" {
            assert_eq!(behavior["PathPattern"], "/static/*");
            assert_eq!(behavior["AllowedMethods"], json!(["GET", "HEAD"]));
            assert!(behavior.get("OriginRequestPolicyId").is_none(), "it could pass a query string on");
        }
    }
    let key = &properties("StaticCache", &[])["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "none");
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
    assert_eq!(key["HeadersConfig"]["HeaderBehavior"], "none");
}

#[test]
fn the_encoding_is_chosen_at_the_edge_where_the_bucket_answers_and_by_the_function_where_it_does() {
    let events = |behavior: &Value| {
        let functions = behavior["FunctionAssociations"].as_array().cloned().unwrap_or_default();
        let event = |one: &Value| format!("{} {}", one["EventType"].as_str().unwrap(), one["FunctionARN"]);
        functions.iter().map(event).collect::<Vec<_>>()
    };
    let by_header = |parameters| {
        let policy = properties("StaticCache", parameters);
        let key = &policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        (key["EnableAcceptEncodingBrotli"].clone(), key["EnableAcceptEncodingGzip"].clone())
    };
    let bucket = behavior(&[]);
    assert_eq!(events(&bucket), ["viewer-request \"the-encoding\"", "viewer-response \"the-encoding\""]);
    assert_eq!(by_header(&[]), (json!(false), json!(false)));
    assert_eq!(bucket["Compress"], false);

    let function = &[("StaticFiles", "function")];
    assert_eq!(events(&behavior(function)), Vec::<String>::new());
    assert_eq!(by_header(function), (json!(true), json!(true)));
}

#[test]
fn the_edge_keeps_files_as_long_as_they_say_and_what_is_missing_for_a_second() {
    let policy = &properties("StaticCache", &[])["CachePolicyConfig"];
    let times = ["MinTTL", "DefaultTTL", "MaxTTL"].map(|name| policy[name].as_u64().unwrap());
    assert_eq!(times, [0, 60, 31_536_000]);
    let distribution = properties("Distribution", &[]);
    for error in distribution["DistributionConfig"]["CustomErrorResponses"].as_array().unwrap() {
        let seconds = match error["ErrorCode"].as_u64().unwrap() {
            404 => 1,
            _ => 0,
        };
        assert_eq!(error["ErrorCachingMinTTL"], seconds, "{error}");
        assert!(error.get("ResponsePagePath").is_none(), "the page is the origin's own");
    }
}

#[test]
fn another_origin_may_be_used_by_the_sites_pages_alone() {
    let headers = |parameters| properties("StaticHeaders", parameters)["ResponseHeadersPolicyConfig"].clone();
    let resource_policy = |headers: &Value| {
        let items = headers["CustomHeadersConfig"]["Items"].as_array().unwrap().clone();
        let item = items.into_iter().find(|item| item["Header"] == "Cross-Origin-Resource-Policy").unwrap();
        item["Value"].clone()
    };
    let same = headers(&[]);
    assert!(same.get("CorsConfig").is_none());
    assert_eq!(resource_policy(&same), "same-origin");

    let elsewhere = &[("StaticUrl", "https://static.example.org/static/")];
    let other = headers(elsewhere);
    assert_eq!(resource_policy(&other), "cross-origin");
    assert_eq!(other["CorsConfig"]["AccessControlAllowOrigins"]["Items"], json!(["https://www.example.org"]));
    assert_eq!(other["CorsConfig"]["AccessControlAllowMethods"]["Items"], json!(["GET", "HEAD"]));
    assert_eq!(other["CorsConfig"]["AccessControlAllowCredentials"], false);
    for headers in [same, other] {
        assert_eq!(headers["SecurityHeadersConfig"]["ContentTypeOptions"]["Override"], true);
        let csp = &headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"];
        assert!(csp.as_str().unwrap().contains("sandbox"));
    }
    let template = |url: &str| {
        let resolver = Resolver::local().parameter("PublicUrl", "https://www.example.org").parameter("StaticUrl", url);
        Template::load(&root().join("template.yaml"), &resolver).unwrap()
    };
    for url in ["/static/", "https://static.example.org/static/"] {
        for function in template(url).functions {
            assert_eq!(function.environment["STATIC_URL"], url, "{}", function.name);
        }
    }
}

#[test]
fn the_edge_asks_for_no_sibling_of_what_has_none() {
    let code = properties("StaticEncoding", &[])["FunctionCode"].as_str().unwrap().to_owned();
    let list = code.split_once("var COMPRESSED = [").unwrap().1.split_once("];").unwrap().0;
    let endings: Vec<_> = list.split('\'').skip(1).step_by(2).collect();
    assert_eq!(endings, COMPRESSED);
}
