//! What is published, behind CloudFront: what is signed is what a distribution asks for, as `template.yaml` declares it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::template::{Resolver, Template};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use url::Url;

use super::{TEXT, ready_text};
use crate::site::{Site, Visitor, pictures, root, s3};

const ORIGIN: &str = "https://media.example.org";
const KEY_ID: &str = "K2JCJMDEHXQW5F";
const PRIVATE: &str = include_str!("../../fixtures/cloudfront/ecdsa.pem");
const PUBLIC: &str = include_str!("../../fixtures/cloudfront/ecdsa.pub.pem");

async fn site() -> Site {
    Site::start_with(|options| {
        options.deliver_events = false;
        options.settings = [("MEDIA_URL", ORIGIN), ("MEDIA_KEY_PAIR_ID", KEY_ID), ("MEDIA_PRIVATE_KEY", PRIVATE)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    })
    .await
}

/// The distribution of the media bucket, as far as a viewer notices it: it verifies what was signed by the rules of
/// "Create a signed URL using a canned policy" (Amazon CloudFront Developer Guide), and asks the bucket in its own name.
struct Edge<'a> {
    site: &'a Site,
}

/// What a viewer is answered.
#[derive(Debug, PartialEq)]
struct Served {
    body: Vec<u8>,
    content_type: String,
    disposition: String,
    cache_control: String,
}

/// What the bucket is asked for: a key, and parameters.
type Asked = (String, Vec<(String, String)>);

impl Edge<'_> {
    /// What the bucket is asked for: the key, and the parameters that the cache policy lets through.
    fn verify(url: &str, now: i64) -> Result<Asked, &'static str> {
        let (base, query) = url.split_once('?').ok_or("MissingKey")?;
        let is_signature = |part: &&str| {
            let name = part.split('=').next().unwrap_or_default();
            ["Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"].contains(&name)
        };
        let (signature, rest): (Vec<_>, Vec<_>) = query.split('&').partition(is_signature);
        let value = |name: &str| {
            let mut values =
                signature.iter().filter_map(|part| part.split_once('=').filter(|(known, _)| *known == name));
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Ok(value),
                _ => Err("MissingKey"),
            }
        };
        if value("Key-Pair-Id")? != KEY_ID || value("Hash-Algorithm")? != "SHA256" {
            return Err("InvalidKey");
        }
        let resource = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let until = value("Expires")?;
        let policy = format!(
            r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{until}}}}}}}]}}"#
        );
        let text = value("Signature")?.replace('-', "+").replace('_', "=").replace('~', "/");
        let signature = STANDARD.decode(text).map_err(|_| "InvalidSignature")?;
        let key = SubjectPublicKeyInfoDer::from_pem_slice(PUBLIC.as_bytes()).unwrap();
        // The point is what an uncompressed P-256 key ends in.
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key[key.len() - 65..]);
        key.verify(policy.as_bytes(), &signature).map_err(|_| "InvalidSignature")?;
        if until.parse::<i64>().map_err(|_| "InvalidDate")? <= now {
            return Err("AccessDenied");
        }
        let passed =
            properties("MediaCache", &[])["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"].clone();
        let passed = passed["QueryStringsConfig"]["QueryStrings"].as_array().unwrap().clone();
        let url = Url::parse(url).unwrap();
        let key = percent_encoding::percent_decode_str(&url.path()[1..]).decode_utf8().unwrap().into_owned();
        let pairs = url.query_pairs().filter(|(name, _)| passed.iter().any(|one| *one == **name));
        Ok((key, pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    async fn get(&self, url: &str) -> Result<Served, &'static str> {
        self.get_at(url, self.site.clock_now()).await
    }

    /// The same at that second: the site's clock goes on while a test runs.
    async fn get_at(&self, url: &str, now: i64) -> Result<Served, &'static str> {
        let (key, parameters) = Self::verify(url, now)?;
        let aws = self.site.stack.aws();
        let sdk = aws.sdk_config(self.site.stack.app().config().timeouts).unwrap();
        let client =
            aws_sdk_s3::config::Builder::from(&sdk).endpoint_url(self.site.stack.s3_url()).force_path_style(true);
        let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let answer = aws_sdk_s3::Client::from_conf(client.build())
            .get_object()
            .bucket(self.site.stack.app().media().bucket())
            .key(key)
            .set_response_cache_control(value("response-cache-control"))
            .set_response_content_disposition(value("response-content-disposition"))
            .set_response_content_type(value("response-content-type"))
            .send()
            .await
            .map_err(|_| "Forbidden")?;
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Ok(Served {
            content_type: text(answer.content_type()),
            disposition: text(answer.content_disposition()),
            cache_control: text(answer.cache_control()),
            body: answer.body.collect().await.unwrap().to_vec(),
        })
    }
}

/// Where a file of somebody's leads to.
async fn location(visitor: &mut Visitor<'_>, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location").to_owned()
}

#[tokio::test]
async fn a_file_is_served_by_cloudfront_as_it_was_signed_and_not_otherwise() {
    let site = site().await;
    let edge = Edge { site: &site };
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(&site, &mut kim, "보고서 100% \"a\"; b=c.txt").await;
    let before = site.clock_now();
    let url = location(&mut kim, &format!("/media/{id}")).await;
    let after = site.clock_now();
    assert!(url.starts_with(&format!("{ORIGIN}/media/{}/{id}/file?", kim.id.as_str().unwrap())), "{url}");
    let served = edge.get(&url).await.unwrap();
    assert_eq!(served.body, TEXT);
    assert!(served.content_type.starts_with("text/plain"), "{served:?}");
    assert!(served.disposition.starts_with("attachment; ") && served.disposition.contains("%EB%B3%B4"), "{served:?}");
    assert_eq!(served.cache_control, "private, max-age=60");

    let other = ready_text(&site, &mut kim, "other.txt").await;
    let (_, until) = url.split_once("&Expires=").unwrap();
    let until: i64 = until.split('&').next().unwrap().parse().unwrap();
    for (case, changed) in [
        ("another file", url.replacen(&id, &other, 1)),
        ("another host", url.replacen("media.example.org", "files.example.org", 1)),
        ("shown in place", url.replacen("=attachment", "=inline", 1)),
        ("as a page", url.replacen("text%2Fplain", "text%2Fhtml", 1)),
        ("for longer", url.replacen(&format!("Expires={until}"), &format!("Expires={}", until + 1), 1)),
        ("with another parameter", url.replacen('?', "?response-expires=0&", 1)),
        ("by another hash", url.replacen("=SHA256", "=SHA1", 1)),
        ("by another key", url.replacen(KEY_ID, "K1", 1)),
        ("unsigned", url.split("&Expires").next().unwrap().to_owned()),
    ] {
        assert_ne!(changed, url, "{case}");
        assert!(edge.get(&changed).await.is_err(), "{case}");
    }

    assert!((before + 60..=after + 60).contains(&until), "for a minute");
    assert!(edge.get_at(&url, until - 1).await.is_ok());
    assert_eq!(edge.get_at(&url, until).await, Err("AccessDenied"), "a minute later");
}

#[tokio::test]
async fn pictures_are_shown_from_there_and_uploads_go_to_the_bucket_as_ever() {
    let site = site().await;
    let edge = Edge { site: &site };
    let mut kim = site.member("kim@example.com").await;
    let picture = pictures::picture(600, 400, image::ImageFormat::Png);
    let id = kim.send_file("image", "a.png", "image/png", &picture).await;
    site.deliver_next().await;
    let mut program = kim.clone().json();
    let file = program.get("/media").await.json()["files"][0].clone();
    let thumbnails = file["thumbnails"].as_array().unwrap();
    assert!(!thumbnails.is_empty());
    for thumbnail in thumbnails {
        let url = thumbnail["url"].as_str().unwrap();
        let served = edge.get(url).await.unwrap_or_else(|why| panic!("{url}: {why}"));
        assert_eq!((&*served.disposition, &*served.cache_control), ("inline", "private, max-age=300"));
        assert!(served.content_type.starts_with("image/"));
    }
    let url = location(&mut kim, &format!("/media/{id}/thumbnails/160")).await;
    assert!(edge.get(&url).await.is_ok(), "{url}");

    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let avatar = kim.avatar().await["url"].as_str().unwrap().to_owned();
    assert!(avatar.starts_with(ORIGIN) && edge.get(&avatar).await.is_ok(), "{avatar}");
    // Whoever knows a key, and has no signature of the bucket's.
    let bucket = format!("{}/{}", site.stack.s3_url(), site.stack.app().media().bucket());
    let direct = avatar.replacen(ORIGIN, &bucket, 1);
    assert_eq!(s3::get(direct.split('?').next().unwrap()).await.status, 403);
}

#[tokio::test]
async fn pages_may_show_what_both_serve_and_send_to_the_bucket_alone() {
    let site = site().await;
    let policy = site.visitor().get("/").await.header("content-security-policy").to_owned();
    let bucket = site.stack.app().media().origin().to_owned();
    let allows = |directive: &str, origin: &str| {
        let sources = policy.split("; ").find(|part| part.starts_with(directive)).unwrap();
        sources.split(' ').any(|source| source == origin)
    };
    for directive in ["img-src", "connect-src"] {
        assert!(allows(directive, ORIGIN) && allows(directive, &bucket), "{policy}");
    }
    assert!(!allows("form-action", ORIGIN) && allows("form-action", &bucket), "{policy}");
    let without = Site::start().await;
    assert_eq!(without.stack.app().media().cdn_origin(), None, "one machine has no distribution");
}

#[tokio::test]
async fn a_key_that_cloudfront_does_not_take_stops_the_start() {
    let wrong = include_str!("../../fixtures/cloudfront/p384.pem");
    let mut options = local::Options::in_memory(root());
    options.settings = [("MEDIA_URL", ORIGIN), ("MEDIA_KEY_PAIR_ID", KEY_ID), ("MEDIA_PRIVATE_KEY", wrong)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let Err(error) = local::Stack::start(options).await else { panic!("it started") };
    let told = portico::log::chain(&error);
    assert!(told.contains("MEDIA_PRIVATE_KEY: CloudFront takes ECDSA on P-256"), "{told}");
}

const KEYED: &[(&str, &str)] = &[("MediaPublicKey", PUBLIC)];

fn resolver(parameters: &[(&str, &str)]) -> Resolver {
    let resolver = Resolver::local()
        .parameter("PublicUrl", "https://www.example.org")
        .attribute("MediaAccess.Id", "the-access-control")
        .attribute("MediaBucket.RegionalDomainName", "the-bucket.s3.us-east-1.amazonaws.com");
    parameters.iter().fold(resolver, |resolver, (name, value)| resolver.parameter(*name, *value))
}

/// The properties of a resource of the template, with these parameters.
fn properties(id: &str, parameters: &[(&str, &str)]) -> Value {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    Template::properties(&text, &resolver(parameters), id)
        .unwrap_or_else(|error| panic!("{id}: {}", portico::log::chain(&error)))
}

#[test]
fn the_functions_are_told_of_it_when_both_address_and_key_are_there() {
    let environment = |parameters: &[(&str, &str)]| {
        let template = Template::load(&root().join("template.yaml"), &resolver(parameters)).unwrap();
        let environment = &template.function("media").unwrap().environment;
        ["MEDIA_URL", "MEDIA_KEY_PAIR_ID"].map(|name| environment[name].clone())
    };
    assert_eq!(environment(&[]), ["", ""]);
    assert_eq!(environment(KEYED), ["", ""], "the distribution is there first, and its address is told next");
    let url = ("MediaUrl", ORIGIN);
    assert_eq!(environment(&[KEYED[0], url]), [ORIGIN, "media-verifier"]);
    let both = [KEYED[0], url, ("MediaOtherPublicKey", PUBLIC)];
    assert_eq!(environment(&both), [ORIGIN, "media-verifier"]);
    let other = [&both[..], &[("MediaSigningKey", "MediaOtherPublicKey")]].concat();
    assert_eq!(environment(&other), [ORIGIN, "media-other-verifier"]);
    assert_eq!(environment(&other[1..]), [ORIGIN, "media-other-verifier"], "the first one is gone again");
}

#[test]
fn while_the_parameters_are_empty_nothing_of_it_exists() {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let section = text.split_once("- Media at the edge\n").unwrap().1.split_once("\n  # ---").unwrap().0;
    let resources = section.matches("\n    Type: AWS::CloudFront::").count();
    assert_eq!(resources, 7);
    assert_eq!(section.matches("\n    Condition: ").count(), resources);
    let statements = |parameters| properties("MediaBucketPolicy", parameters)["PolicyDocument"]["Statement"].clone();
    assert_eq!(statements(&[]).as_array().unwrap().len(), 1);
    assert_eq!(statements(&[])[0]["Effect"], "Deny");
}

#[test]
fn the_distribution_reads_what_is_published_and_nothing_else() {
    let statements = properties("MediaBucketPolicy", KEYED)["PolicyDocument"]["Statement"].clone();
    let [_, allowed] = statements.as_array().unwrap().as_slice() else { panic!("{statements}") };
    assert_eq!(allowed["Principal"], json!({ "Service": "cloudfront.amazonaws.com" }));
    assert_eq!(allowed["Action"], "s3:GetObject");
    assert_eq!(allowed["Resource"], "arn:aws:s3:::portico-media-123456789012/media/*");
    let source = "arn:aws:cloudfront::123456789012:distribution/media-distribution";
    assert_eq!(allowed["Condition"]["StringEquals"]["AWS:SourceArn"], source);
}

#[test]
fn nothing_is_served_that_was_not_signed_and_what_is_answered_by_what_was_pinned() {
    let config = properties("MediaDistribution", KEYED)["DistributionConfig"].clone();
    assert!(config.get("CacheBehaviors").is_none() && config.get("DefaultRootObject").is_none());
    let behavior = &config["DefaultCacheBehavior"];
    assert_eq!(behavior["TrustedKeyGroups"], json!(["media-verifiers"]));
    assert_eq!(behavior["ViewerProtocolPolicy"], "redirect-to-https");
    assert_eq!(behavior["AllowedMethods"], json!(["GET", "HEAD"]));
    assert!(behavior.get("OriginRequestPolicyId").is_none(), "it could pass on what is not in the cache's key");
    assert_eq!(config["Origins"][0]["OriginAccessControlId"], "the-access-control");
    assert_eq!(properties("MediaAccess", KEYED)["OriginAccessControlConfig"]["SigningBehavior"], "always");
    let key = properties("MediaCache", KEYED)["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"].clone();
    let pinned = json!(["response-cache-control", "response-content-disposition", "response-content-type"]);
    assert_eq!(key["QueryStringsConfig"], json!({ "QueryStringBehavior": "whitelist", "QueryStrings": pinned }));
    assert_eq!(
        (&key["CookiesConfig"]["CookieBehavior"], &key["HeadersConfig"]["HeaderBehavior"]),
        (&json!("none"), &json!("none"))
    );

    let headers = properties("MediaHeaders", KEYED)["ResponseHeadersPolicyConfig"].clone();
    let security = &headers["SecurityHeadersConfig"];
    assert_eq!(security["ContentTypeOptions"]["Override"], true);
    assert_eq!(security["StrictTransportSecurity"]["Override"], true);
    assert_eq!(security["ReferrerPolicy"]["ReferrerPolicy"], "no-referrer");
    let csp = security["ContentSecurityPolicy"]["ContentSecurityPolicy"].as_str().unwrap();
    assert!(csp.starts_with("default-src 'none'") && csp.ends_with("; sandbox"), "{csp}");
    assert_eq!(headers["CorsConfig"]["AccessControlAllowOrigins"]["Items"], json!(["https://www.example.org"]));
    assert_eq!(headers["CorsConfig"]["AccessControlAllowCredentials"], false);
}

#[test]
fn it_has_a_host_of_its_own_with_a_certificate_and_a_group_of_one_key_or_two() {
    let config = |parameters: &[(&str, &str)]| {
        properties("MediaDistribution", &[KEYED, parameters].concat())["DistributionConfig"].clone()
    };
    assert_eq!(config(&[])["ViewerCertificate"], json!({ "CloudFrontDefaultCertificate": true }));
    let own = config(&[("MediaUrl", ORIGIN), ("MediaCertificateArn", "arn:aws:acm:x")]);
    assert_eq!(own["Aliases"], json!(["media.example.org"]));
    assert_eq!(own["ViewerCertificate"]["MinimumProtocolVersion"], "TLSv1.2_2021");
    let group =
        |parameters: &[(&str, &str)]| properties("MediaVerifiers", parameters)["KeyGroupConfig"]["Items"].clone();
    let other = ("MediaOtherPublicKey", PUBLIC);
    assert_eq!(group(KEYED), json!(["media-verifier"]));
    assert_eq!(group(&[KEYED[0], other]), json!(["media-verifier", "media-other-verifier"]));
    assert_eq!(group(&[other]), json!(["media-other-verifier"]));
    assert_eq!(properties("MediaVerifier", KEYED)["PublicKeyConfig"]["EncodedKey"], PUBLIC);
}
