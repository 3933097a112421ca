use haechi::client::Call;
use http::Extensions;
use reqwest_middleware::reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

/// `ClientBuilder::new(client).with(Watched).build()`
pub struct Watched;

#[async_trait::async_trait]
impl Middleware for Watched {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let mut call = Call::begin(request.method().as_str(), request.url().as_str());
        call.pass_on(request.headers_mut());
        let answer = next.run(request, extensions).await;
        if let Ok(answer) = &answer {
            call.answered(answer.status().as_u16());
        }
        answer
    }
}
