use super::{ROUTES, site};
use crate::Allowed;
use crate::http::openapi_document;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

#[test]
fn the_document_lists_exactly_the_routes() {
    let document = openapi_document();
    let described: Vec<_> = document.paths.paths.keys().map(String::as_str).collect();
    let mut routes: Vec<_> = ROUTES.iter().map(|route| route.path).collect();
    routes.sort_unstable();
    assert_eq!(described, routes);
    let document = serde_json::to_value(&document).unwrap();
    for route in &ROUTES {
        let methods: Vec<_> =
            document["paths"][route.path].as_object().unwrap().keys().map(String::as_str).collect();
        let method = if route.allowed == Allowed::Reading { "get" } else { "post" };
        assert_eq!(methods, [method], "{}", route.path);
    }
}

#[tokio::test]
async fn every_described_parameter_is_taken() {
    let site = site();
    let document = serde_json::to_value(openapi_document()).unwrap();
    let mut taken = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "0000000000000001");
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|p| p["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let request = Request::get(format!("{path}?{name}=")).header("host", "localhost");
            let response =
                site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}?{name}=");
            taken += 1;
        }
    }
    assert!(taken > 30, "{taken}");
}

/// `HAECHI_WRITE_DOCS=1 cargo test` writes the file anew.
#[test]
fn the_document_in_the_tree_is_that_of_this_version() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let now = openapi_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("HAECHI_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).unwrap();
        std::fs::write(path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == now, "docs/openapi.json is old: run this test with HAECHI_WRITE_DOCS=1");
}
