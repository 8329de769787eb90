#include <curl/curl.h>
static inline int ccurl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }
// Swift cannot call a function of variable arguments: one for each kind of value.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode ccurl_set_receiver(CURL *handle, CURLoption option,
                                          size_t (*value)(char *, size_t, size_t, void *)) {
    return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode ccurl_set_watcher(CURL *handle, int (*value)(void *, curl_off_t, curl_off_t, curl_off_t,
                                                                    curl_off_t)) {
    return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode ccurl_set_opener(CURL *handle, curl_socket_t (*value)(void *, curlsocktype,
                                                                            struct curl_sockaddr *)) {
    return (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline curl_socket_t ccurl_no_socket(void) { return CURL_SOCKET_BAD; }
