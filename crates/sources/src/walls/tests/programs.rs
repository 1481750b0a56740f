//! Walls in the words of programs and of who set them up: faults, pages that moved, checks in several languages.

use super::super::{ABSENT, ADVERTS, CHECK, ELSEWHERE, FAULT};

pub(super) const PAGES: &[(&str, &str)] = &[
    (
        FAULT,
        "<title>Error</title><h1>Sorry, something broke on our end</h1><p>We could not process your request. Please reload the page or come back in a few minutes.</p>",
    ),
    (FAULT, "<title>Whoops</title><h1>Whoops, looks like something went wrong.</h1>"),
    (
        FAULT,
        "<title>We're sorry, but something went wrong (500)</title><h1>We're sorry, but something went wrong.</h1><p>If you are the application owner check the logs for more information.</p>",
    ),
    (
        FAULT,
        "<title>Fehler</title><h1>Es ist ein Fehler aufgetreten</h1><p>Bitte versuchen Sie es später noch einmal.</p>",
    ),
    (
        FAULT,
        "<title>Erreur</title><p>Une erreur est survenue. Veuillez réessayer ultérieurement.</p>",
    ),
    (
        FAULT,
        "<title>Tienda Sol</title><h1>¡Vaya!</h1><p>Se ha producido un error inesperado. Inténtelo de nuevo más tarde.</p>",
    ),
    (
        FAULT,
        "<title>500 - Internal server error.</title><h1>Server Error</h1><h2>500 - Internal server error.</h2><h3>There is a problem with the resource you are looking for, and it cannot be displayed.</h3>",
    ),
    (
        FAULT,
        "<title>HTTP Status 500 – Internal Server Error</title><h1>HTTP Status 500 – Internal Server Error</h1><hr><p><b>Type</b> Status Report</p><p><b>Description</b> The server encountered an unexpected condition that prevented it from fulfilling the request.</p><hr><h3>Apache Tomcat/9.0.65</h3>",
    ),
    (
        FAULT,
        "<title>Runtime Error</title><h1>Server Error in '/' Application.</h1><h2>Runtime Error</h2><p>An application error occurred on the server. The current custom error settings for this application prevent the details of the application error from being viewed.</p>",
    ),
    (
        ABSENT,
        "<title>Kiln</title><h1>Hmm…</h1><p>The page you requested has either been moved or no longer lives here.</p>",
    ),
    (
        ABSENT,
        "<title>Nothing found – Kiln blog</title><h1>Nothing here</h1><p>It seems we can’t find what you’re looking for. Perhaps searching can help.</p>",
    ),
    (
        ABSENT,
        "<title>Stadtwerke Holm</title><h1>Das tut uns leid</h1><p>Diese Adresse gibt es bei uns nicht mehr.</p><a href=/>Zur Startseite</a>",
    ),
    (
        ELSEWHERE,
        "<title>Kiln</title><p>This page has moved. If your browser does not take you there automatically, follow <a href=/neu>this link</a>.</p>",
    ),
    (
        ELSEWHERE,
        "<title>Einen Augenblick</title><p>Sie werden in Kürze weitergeleitet. Falls nicht, klicken Sie bitte <a href=/neu>hier</a>.</p>",
    ),
    (ELSEWHERE, "<title>Object moved</title><h2>Object moved to <a href='/de/'>here</a>.</h2>"),
    (
        ELSEWHERE,
        "<title>301 Moved Permanently</title><h1>Moved Permanently</h1><p>The document has moved <a href='https://x.test/'>here</a>.</p>",
    ),
    (
        ADVERTS,
        "<title>Weather</title><h2>It looks like you’re using an ad blocker</h2><p>We rely on ads to keep our site free. Please support us by allowing them.</p>",
    ),
    (
        ADVERTS,
        "<title>Kochen</title><h1>Adblocker erkannt</h1><p>Bitte schalte deinen Adblocker aus und lade die Seite neu.</p>",
    ),
    (
        CHECK,
        "<title>Un instant…</title><h1>kiln.example</h1><p>Vérification que vous êtes humain. Cela peut prendre quelques secondes.</p><p>kiln.example doit vérifier la sécurité de votre connexion avant de continuer.</p><p>Ray ID : 8d1fca03be2f91aa</p><p>Performances et sécurité par Cloudflare</p>",
    ),
    (
        CHECK,
        "<title>Nur einen Moment…</title><h1>kiln.example</h1><p>kiln.example muss die Sicherheit Ihrer Verbindung überprüfen, bevor Sie fortfahren können.</p><p>Ray-ID: 8d1fca03be2f91aa</p><p>Leistung und Sicherheit durch Cloudflare</p>",
    ),
    (
        FAULT,
        "<title>Error</title><h1>Something went wrong</h1><p>An unexpected error occurred, please try again later.</p>",
    ),
    (
        FAULT,
        "<title>500 Internal Server Error</title><h1>Internal Server Error</h1><p>The server encountered an internal error or misconfiguration and was unable to complete your request.</p><p>Please contact the server administrator at webmaster@kiln.example to inform them of the time this error occurred, and the actions you performed just before this error.</p><p>More information about this error may be available in the server error log.</p><hr><address>Apache/2.4.57 (Debian) Server at kiln.example Port 443</address>",
    ),
    (
        ABSENT,
        "<title>Kiln</title><h1>Oops!</h1><p>The content you were looking for does not exist or was moved.</p>",
    ),
    (
        ELSEWHERE,
        "<title>Kiln</title><p>You are being redirected… If nothing happens, <a href=/b>click here</a>.</p>",
    ),
    (ADVERTS, "<title>Kiln</title><h1>Ad blocker detected</h1>"),
    (
        CHECK,
        "<title>Einen Moment …</title><h1>kiln.example</h1><p>Überprüfung, ob Sie ein Mensch sind. Dies kann einige Sekunden dauern.</p><p>kiln.example muss die Sicherheit Ihrer Verbindung überprüfen, bevor Sie fortfahren können.</p><p>Ray-ID: 8d1fca03be2f91aa</p>",
    ),
    (
        FAULT,
        "<title>Oh no</title><h1>Oh no! An error has occurred.</h1><p>Our team has been notified. Please try again.</p>",
    ),
    (
        FAULT,
        "<title>Störung</title><h1>Da ist etwas schiefgelaufen</h1><p>Versuchen Sie es in ein paar Minuten erneut.</p>",
    ),
    (
        FAULT,
        "<title>Erreur interne</title><h1>Oups, quelque chose s’est mal passé</h1><p>Nos équipes ont été prévenues. Réessayez plus tard.</p>",
    ),
    (
        ABSENT,
        "<title>Tern</title><h1>This link is broken</h1><p>The address does not exist, or the page was removed by its author.</p>",
    ),
    (
        ABSENT,
        "<title>Heron</title><h1>Dieser Inhalt ist nicht verfügbar</h1><p>Vielleicht wurde er gelöscht.</p>",
    ),
    (
        ELSEWHERE,
        "<title>Patientez</title><p>Vous allez être redirigé vers la page d’accueil. Sinon, cliquez <a href=/>ici</a>.</p>",
    ),
    (
        ELSEWHERE,
        "<title>302 Found</title><h1>Found</h1><p>The document has moved <a href=/x>here</a>.</p><hr><address>Apache Server at kiln.example Port 80</address>",
    ),
    (
        ADVERTS,
        "<title>Videos</title><p>Ad blockers are not allowed here. Please disable yours to watch.</p>",
    ),
    (
        CHECK,
        "<title>Un momento…</title><h1>kiln.example</h1><p>Comprobando que eres humano. Esto puede tardar unos segundos.</p><p>kiln.example necesita revisar la seguridad de tu conexión antes de continuar.</p>",
    ),
    (
        CHECK,
        "<title>Moment mal</title><h1>Sicherheitsüberprüfung</h1><p>Ihre Verbindung wird überprüft. Das dauert nur wenige Sekunden.</p>",
    ),
];
